#pragma once
// Makes the instruments of one registry. They live as long as it does; their numbers may be changed from any thread.
//
// Instruments of one name differ in their labels; each must be made before the first scrape, so that it begins at 0.

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <cstdint>

namespace minerva::observe {

using Buckets = prometheus::Histogram::BucketBoundaries;

// Seconds. From a small model on a GPU to a large one on a CPU.
[[nodiscard]] const Buckets& gap_buckets();    // between tokens, and of steps
[[nodiscard]] const Buckets& wait_buckets();   // in the queue, and for a first token
[[nodiscard]] const Buckets& total_buckets();  // of whole requests

class Instruments {
 public:
  explicit Instruments(prometheus::Registry& registry) : registry_{registry} {}

  [[nodiscard]] prometheus::Counter& counter(const char* name, const char* help,
                                             const prometheus::Labels& labels = {});
  [[nodiscard]] prometheus::Gauge& gauge(const char* name, const char* help,
                                         const prometheus::Labels& labels = {});
  [[nodiscard]] prometheus::Histogram& histogram(const char* name, const char* help, const Buckets& buckets,
                                                 const prometheus::Labels& labels = {});

 private:
  prometheus::Registry& registry_;
};

}  // namespace minerva::observe
