#pragma once
// A JSON Schema (draft 2020-12) to a GBNF grammar whose every text is a JSON value that the schema accepts.
//
// It never accepts more than the schema: what a grammar cannot follow is an error. It may accept less: values are written
// in one way (members in the order of their declaration, at most one space after ',' and ':', no needless escapes), and
// members that nobody declares only where `additionalProperties` asks for them or nothing is declared.
//
// Threads: pure functions.

#include <nlohmann/json_fwd.hpp>

#include <string>

#include "base/error.h"

namespace minerva::chat::schema {

// `name` is how the client calls the schema ("response_format.json_schema.schema"). kInvalidRequest whose field is the path of what
// cannot be compiled, for instance "NAME#/properties/a/not".
[[nodiscard]] Result<std::string> compile_schema(const nlohmann::ordered_json& document,
                                                 const std::string& name);

// Any JSON object.
[[nodiscard]] std::string any_object_grammar();

}  // namespace minerva::chat::schema
