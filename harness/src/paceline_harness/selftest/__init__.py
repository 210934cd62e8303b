"""The harness measured by itself: kernels whose true ratio is known, through the public interface, errors counted."""
