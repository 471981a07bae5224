// Chosen by everything but Bun: nothing is embedded in the program.
