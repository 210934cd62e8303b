"""The auditor: everything that a file of records concludes, computed again from its raw samples and parameters alone.

Each check yields findings and stands in a file of its own: `structure` (samples, rounds and order fit together),
`rules` (looks, levels, margins, batches and groups are what the method says), `conclusions` (statistics, verdicts,
stopping), `launches` (tables over launches, the file as a whole). docs/records.md says what each of them catches.
"""

from paceline_harness.audit.file import Audit, audit_file
from paceline_harness.audit.finding import Finding

__all__ = ["Audit", "Finding", "audit_file"]
