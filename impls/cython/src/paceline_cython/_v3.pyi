from paceline_cython._v1 import *
