from paceline_cython._exact_v1 import *
