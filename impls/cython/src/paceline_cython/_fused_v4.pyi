from paceline_cython._fused_v1 import *
