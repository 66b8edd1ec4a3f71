"""A look-book on the workers of a Ray cluster, or on several of this computer (the extra ``cluster``).

``connection`` finds or starts the cluster, ``crew`` keeps its workers busy, ``worker`` is what runs there, and ``grid``
hands them a look-book's cells. Ray is imported when it is needed.
"""
