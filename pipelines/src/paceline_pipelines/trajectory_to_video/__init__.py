"""One pose per video frame: a trajectory file and frame stamps in, a Parquet or CSV table out.

    from paceline_pipelines.trajectory_to_video.convert import trajectory_to_video

This package imports nothing by itself, so that the command's ``--help`` answers at once.
"""
