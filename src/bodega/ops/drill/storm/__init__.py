"""Deploys that overlap while people buy: is anything lost, doubled, or refused? (design 6.4)

A scratch volume, real generations, a bank in a process of its own, and buyers who never try again by
themselves. Half of the deploys happen on one socket, as `bodega up` does them; the others as a container
beside a container, as a proxy switches them. All generations see each other on the one volume.
"""
