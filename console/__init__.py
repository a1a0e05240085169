"""model-console: what goes wrong with machine-learning models, told early in a terminal.

Importing this package costs nothing and imports nothing that is installed; the rooms below it do.
"""

__version__ = "0.1.0"
