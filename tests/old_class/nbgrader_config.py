from autograder.nbgrader import configure

configure(get_config(), __file__)  # noqa: F821
