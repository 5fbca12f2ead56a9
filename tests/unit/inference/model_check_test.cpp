#include "inference/model_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <memory>
#include <vector>

namespace minerva::inference {
namespace {

using testing::HasSubstr;

class ModelCheck : public testing::Test {
 protected:
  void words(const std::vector<const char*>& texts) {
    auto copy = texts;
    gguf_set_arr_str(gguf_.get(), "tokenizer.ggml.tokens", copy.data(), copy.size());
  }
  [[nodiscard]] Status verdict() const { return check_metadata(gguf_.get(), "m.gguf", "llama"); }
  [[nodiscard]] std::string refusal() const {
    const Status checked = verdict();
    return checked ? "" : checked.error().message;
  }

  GgufHandle gguf_{gguf_init_empty()};
};

TEST_F(ModelCheck, TakesWhatTheLibraryCanRead) {
  gguf_set_val_u32(gguf_.get(), "llama.block_count", 512);
  gguf_set_val_f32(gguf_.get(), "llama.attention.layer_norm_rms_epsilon", 1e-5F);
  gguf_set_val_f32(gguf_.get(), "llama.rope.scaling.attn_factor", -1.0F);
  words({"a", "b", "", ""});
  EXPECT_TRUE(verdict());
}

TEST_F(ModelCheck, RefusesNumbersThatAreNone) {
  for (const float value :
       {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    gguf_set_val_f32(gguf_.get(), "llama.rope.freq_base", value);
    EXPECT_THAT(refusal(), HasSubstr("m.gguf: 'llama.rope.freq_base' is "));
  }
}

TEST_F(ModelCheck, RefusesThresholdsBelowZero) {
  gguf_set_val_f32(gguf_.get(), "llama.attention.layer_norm_rms_epsilon", -1e-5F);
  EXPECT_THAT(refusal(), HasSubstr("layer_norm_rms_epsilon' is -1e-05"));
}

TEST_F(ModelCheck, RefusesAsManyLayersAsTheLibraryHasNoRoomFor) {
  for (const std::uint32_t n_layers : {0U, 513U, 0xFFFF'FFFFU}) {
    gguf_set_val_u32(gguf_.get(), "llama.block_count", n_layers);
    EXPECT_THAT(refusal(), HasSubstr("layers, where llama.cpp reads 1 to 512"));
  }
}

TEST_F(ModelCheck, RefusesTwoTokensOfOneText) {
  words({"a", "b", "a"});
  EXPECT_THAT(refusal(), HasSubstr("two tokens of its vocabulary are 'a'"));
}

// Found by the fuzzer: the library multiplied with a function that was not there.
TEST_F(ModelCheck, RefusesWeightsThatAreWholeNumbers) {
  const std::unique_ptr<ggml_context, decltype(&ggml_free)> tensors{
      ggml_init({.mem_size = 4096, .mem_buffer = nullptr, .no_alloc = true}), ggml_free};
  const auto add = [&](const char* name, ggml_type type) {
    ggml_tensor* tensor = ggml_new_tensor_2d(tensors.get(), type, 32, 4);
    ggml_set_name(tensor, name);
    gguf_add_tensor(gguf_.get(), tensor);
  };
  add("blk.3.ffn_gate_table.weight", GGML_TYPE_I32);
  add("blk.3.attn_q.weight", GGML_TYPE_Q4_0);
  EXPECT_TRUE(verdict());
  add("blk.3.attn_k.weight", GGML_TYPE_I32);
  EXPECT_THAT(refusal(), HasSubstr("the weights 'blk.3.attn_k.weight' are of type i32"));
}

}  // namespace
}  // namespace minerva::inference
