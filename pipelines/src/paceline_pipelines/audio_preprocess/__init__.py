"""Audio made ready for a model: any media file in; one rate, one sample format and the speech marked out.

    from paceline_pipelines.audio_preprocess.convert import audio_preprocess

This package imports nothing by itself, so that the command's ``--help`` answers at once.
"""
