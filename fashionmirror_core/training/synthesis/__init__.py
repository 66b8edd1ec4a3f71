"""Pictures that nobody took: bent twins of a person, garments spread flat, other clothes, damaged masks, another light."""
