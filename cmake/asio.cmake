# Boost.Asio and Boost.Beast, compiled once instead of in every translation unit that includes them.

find_package(Boost 1.90 REQUIRED CONFIG COMPONENTS headers)
add_library(minerva_asio STATIC ${CMAKE_CURRENT_LIST_DIR}/asio_impl.cpp ${CMAKE_CURRENT_LIST_DIR}/beast_impl.cpp)
target_compile_definitions(minerva_asio PUBLIC
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED)
target_link_libraries(minerva_asio PUBLIC Boost::headers Threads::Threads)
# g++ takes a coroutine frame, which Asio allocates with operators of its own, for mismatched once it inlines them.
target_compile_options(minerva_asio INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-mismatched-new-delete>)
