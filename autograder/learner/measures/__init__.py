"""One module a lesson; the function ``coin_guide`` measures the exercise ``coin-guide``."""
