"""Numbers that a chapter computes and its text shows."""


def tell(**numbers: float) -> None:
    """Hand numbers to the text of a chapter, rounded so that every processor agrees.

    Parameters
    ----------
    **numbers : float
        Each is kept to four digits, under its name; the text shows it where ``<!-- name -->``
        stands. A number that is to be exact goes to ``myst_nb.glue`` itself.

    Raises
    ------
    ImportError
        Without myst-nb, which is installed to make the book, not to use the package.

    Examples
    --------
    >>> tell(floor=1 / 6)
    """
    from myst_nb import glue  # noqa: PLC0415  # the book's, not the package's

    for name, value in numbers.items():
        glue(name, float(f"{value:.4g}"), display=False)
