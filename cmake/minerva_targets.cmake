# Every target of the project is made here, so that warnings, include paths and links have one definition.

add_library(minerva_flags INTERFACE)
target_compile_options(minerva_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror)
target_compile_definitions(minerva_flags INTERFACE MINERVA_VERSION="${PROJECT_VERSION}")

# minerva_library(ROOM SOURCES a.cpp … PUBLIC dep … PRIVATE dep …)
# One static library a folder of src/. Headers are included as "ROOM/name.h". A room that does not link another room
# cannot include its headers: each room exports its own include root, and nothing else.
function(minerva_library room)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  set(target minerva_${room})
  string(REPLACE "/" "_" target ${target})
  add_library(${target} STATIC ${ARG_SOURCES})
  minerva_include_root(${target} ${room})
  target_link_libraries(${target} PUBLIC ${ARG_PUBLIC} PRIVATE minerva_flags ${ARG_PRIVATE})
  if(MINERVA_CHECK_HEADERS)
    minerva_check_headers(${target} ${room})
  endif()
endfunction()

# Every header compiles alone, with nothing but what its room links: one source a header, built as objects.
function(minerva_check_headers target room)
  file(GLOB_RECURSE headers RELATIVE ${PROJECT_SOURCE_DIR}/src CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${room}/*.h)
  set(sources)
  foreach(header IN LISTS headers)
    set(source ${PROJECT_BINARY_DIR}/headers/${header}.cpp)
    file(CONFIGURE OUTPUT ${source} CONTENT "#include \"${header}\"\n#include \"${header}\"\n")
    list(APPEND sources ${source})
  endforeach()
  add_library(${target}_headers OBJECT EXCLUDE_FROM_ALL ${sources})
  target_link_libraries(${target}_headers PRIVATE ${target} minerva_flags $<TARGET_PROPERTY:${target},LINK_LIBRARIES>)
  set_property(GLOBAL APPEND PROPERTY MINERVA_HEADER_TARGETS ${target}_headers)
endfunction()

# The include root of a room holds one link, ROOM -> src/ROOM, so that "ROOM/name.h" resolves and no sibling does.
function(minerva_include_root target room)
  set(root ${PROJECT_BINARY_DIR}/include/${target})
  cmake_path(GET room PARENT_PATH parent)
  file(MAKE_DIRECTORY ${root}/${parent})
  file(CREATE_LINK ${PROJECT_SOURCE_DIR}/src/${room} ${root}/${room} SYMBOLIC)
  target_include_directories(${target} PUBLIC ${root})
endfunction()

# minerva_test(NAME TIER unit|scenario SOURCES … LINK dep …): a GoogleTest program, each case a ctest case.
function(minerva_test name)
  cmake_parse_arguments(ARG "" "TIER" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE minerva_flags ${ARG_LINK} GTest::gtest GTest::gmock GTest::gtest_main)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  gtest_discover_tests(${name} TEST_PREFIX ${ARG_TIER}. DISCOVERY_MODE PRE_TEST
    PROPERTIES LABELS ${ARG_TIER} TIMEOUT 60
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_property(GLOBAL APPEND PROPERTY MINERVA_TEST_TARGETS ${name})
endfunction()
