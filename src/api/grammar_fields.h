#pragma once
// The request fields of a grammar, by llama-server's names: `grammar`, `grammar_lazy`, `grammar_triggers`
// (llama.cpp tools/server/README.md). Its `preserved_tokens` needs no reading: control tokens always reach a trigger.
//
// Threads: pure functions.

#include "api/parameter_parser.h"
#include "wire/types.h"

namespace minerva::api {

// A trigger's type is llama-server's number, or its name: "token", "word", "pattern", "pattern_full".
void read_grammar(ParameterParser& fields, wire::SamplingParams& sampling);

}  // namespace minerva::api
