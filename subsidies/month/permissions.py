"""Acts on a whole sheet: they need the permission from a post at its subdistrict or at the city.

Sight alone is not enough: one user may be the clerk of one subdistrict and a secretary in another.
"""

from registry.access.roles import PERMISSIONS
from registry.models import CITY_ROLES, Subdistrict, User


def subdistricts(user: User, permission: str):
    """The subdistricts for whose whole sheets one of the user's posts gives the permission."""
    if user.is_superuser:
        return Subdistrict.objects.all()
    posts = [post for post in user.posts_today if permission in PERMISSIONS[post.role]]
    if any(post.role in CITY_ROLES for post in posts):
        return Subdistrict.objects.all()
    return Subdistrict.objects.filter(pk__in=[post.subdistrict_id for post in posts if post.subdistrict_id])
