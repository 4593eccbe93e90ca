# SPDX-License-Identifier: GPL-2.0-only
"""Checks JSON of the tool against the schema that is shipped with it."""

import functools
import json
import os

import jsonschema

from lib import ksft

SCHEMA = os.path.join(ksft.TOP, "Documentation", "futexinspect.schema.json")


def closed(schema):
    """A schema whose objects may have no other members: a newer version may have some, but this
    one has to say all that it has."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    parts = {key: closed(part) for key, part in schema.items()}
    if schema.get("type") == "object":
        parts["additionalProperties"] = False
    return parts


@functools.cache
def validator():
    """What checks a document."""
    with open(SCHEMA, encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(closed(schema))


def check(text):
    """The document in a text, which must follow the schema, and refer to what is there."""
    document = json.loads(text)
    error = next(validator().iter_errors(document), None)
    if error:
        raise AssertionError("%s: %s" % ("/".join(map(str, error.absolute_path)),
                                         error.message[:500]))
    for waiter in document["waiters"]:
        for key, array in (("process", "processes"), ("address_space", "address_spaces")):
            if waiter.get(key) is not None and waiter[key] >= len(document[array]):
                raise AssertionError("%s %s of %s" % (key, waiter[key], waiter["tid"]))
    return document
