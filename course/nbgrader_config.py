"""The settings of the course folder: what is taken out of a release, and how long a cell may run."""

from nbgrader import preprocessors as steps
from traitlets.config import get_config

c = get_config()
c.CourseDirectory.course_id = "transformer-course"

# As usual, without ClearOutput: the saved figures stay, as hints of what is to come out.
c.GenerateAssignment.preprocessors = [
    steps.LockCells,
    steps.ClearSolutions,
    steps.CheckCellMetadata,
    steps.ComputeChecksums,
    steps.SaveCells,
]
c.ClearSolutions.code_stub = {
    "python": "# Write your answer here, in place of the next lines. The cell below checks it.\n"
    "raise NotImplementedError(\n"
    '    "not written yet: the text above says what to return, and unfolds a hint"\n'
    ")"
}

# The longest cell of `quick` takes under a minute on two cores.
c.Execute.timeout = 600  # seconds, for one cell
c.Execute.iopub_timeout = 60  # of a busy machine
