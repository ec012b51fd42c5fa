"""Do Stripe and we agree? Each list of Stripe against the shop's rows, a page at a time, both ways.

Design 5.2, point 6. One file a list: each knows how to compare a page of it, and so also a page of one
thing that somebody looks at again.
"""
