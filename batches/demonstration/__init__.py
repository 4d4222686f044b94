"""A demonstration laboratory: people, materials, and 28 synthetic donors replayed through the commands at past times.

Nothing here writes a row by itself: all a demonstration holds was recorded, signed and sealed as in any laboratory.
"""
