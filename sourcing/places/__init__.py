"""What a place written by a person says: city, region, country and metropolitan hub; ambiguous stays ambiguous.

Only what somebody says of themselves is read, never an origin ("from …"), a plan ("moving to …") or a flag. A place
filters lists and chooses the policy that applies; it never earns a point.
"""

from sourcing.places.gazetteer import Gazetteer as Gazetteer
from sourcing.places.gazetteer import load as load
from sourcing.places.gazetteer import shipped as shipped
from sourcing.places.reading import Place as Place
from sourcing.places.reading import canonical as canonical
from sourcing.places.reading import parse as parse
from sourcing.places.reading import together as together
