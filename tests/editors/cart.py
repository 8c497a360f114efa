"""A small file that tests have changed, and what they ask for."""

CART = '''"""The cart."""


class Cart:
    """Items that a customer wants to buy."""

    def __init__(self) -> None:
        self.items: list[float] = []

    def add(self, price: float) -> None:
        self.items.append(price)
'''
TOTAL = "Add a method total to the class Cart that returns the sum of its items"
