"""Small faults, put into the library one at a time: who sees them?"""
