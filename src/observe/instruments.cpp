#include "observe/instruments.h"

namespace minerva::observe {

const Buckets& gap_buckets() {
  static const Buckets kBuckets{0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05,
                                0.075,  0.1,   0.15,  0.2,   0.3,   0.5,    1,    2,     5,    10};
  return kBuckets;
}

const Buckets& wait_buckets() {
  static const Buckets kBuckets{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
                                1,     2.5,    5,     10,   20,    30,   60,  120,  300};
  return kBuckets;
}

const Buckets& total_buckets() {
  static const Buckets kBuckets{0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,   2.5, 5,
                                10,   20,    30,   60,  120,  300, 600, 1800};
  return kBuckets;
}

prometheus::Counter& Instruments::counter(const char* name, const char* help,
                                          const prometheus::Labels& labels) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry_).Add(labels);
}

prometheus::Gauge& Instruments::gauge(const char* name, const char* help, const prometheus::Labels& labels) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry_).Add(labels);
}

prometheus::Histogram& Instruments::histogram(const char* name, const char* help, const Buckets& buckets,
                                              const prometheus::Labels& labels) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry_).Add(labels, buckets);
}

}  // namespace minerva::observe
