"""Settings of the course folder: what a release leaves out, how long a cell may run."""

from nbgrader import preprocessors as steps
from nbgrader.converters import GenerateAssignment

c = get_config()  # noqa: F821 (nbgrader provides it)
c.CourseDirectory.course_id = "transformer-course"

# The usual steps except one: the saved figures stay, as hints at the expected result.
c.GenerateAssignment.preprocessors = [
    step for step in GenerateAssignment.preprocessors.default() if step is not steps.ClearOutput
]
c.ClearSolutions.code_stub = {
    "python": "# Write your answer here, in place of the next lines. The cell below checks it.\n"
    "raise NotImplementedError(\n"
    '    "not written yet: the text above says what to return, and unfolds a hint"\n'
    ")"
}

# The longest cell of the `quick` profile takes less than a minute on two cores.
c.Execute.timeout = 600  # seconds, for one cell
c.Execute.iopub_timeout = 60  # for a busy machine
