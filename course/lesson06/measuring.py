"""What measures of lesson 06 share."""

N_DRAWS = 4096


#: These programs run for a tenth of a second: what counts is the time to compile them.
QUICK = {"xla_backend_optimization_level": 0}
