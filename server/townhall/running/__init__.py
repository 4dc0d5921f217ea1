"""Running a hall: the console, the desk of the moderators, the stage, the helpers."""
