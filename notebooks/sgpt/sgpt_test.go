package sgpt
