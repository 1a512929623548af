"""What measures of lesson 06 share."""

N_DRAWS = 4096
