"""Sets up the checkout; builds, executes, exports and checks its notebooks.

The modules that scripts/setup needs (files, system, checkout, setup) and those
that only read arguments use the standard library alone: they run before there
is an environment to run in.
"""
