"""A year of the community's books in a running demo, brought to its end as people would and checked from outside.

`consolidating` does over HTTP what the operation centre does; `expected` says from planted.json alone what must come out;
`checks` recomputes it from the legs with pandas; `figures` reads how large it all is and how long it took.
"""
