"""The grader's half of the lessons: ``lessonNN.EXERCISES`` is the tuple of its exercises."""
