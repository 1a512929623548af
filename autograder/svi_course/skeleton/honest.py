"""Other right answers in the-exercise: each function stands for the learner's ``the_function``."""


def sum_over_length(x):
    return sum(x) / len(x)
