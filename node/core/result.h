#pragma once

#include "core/assert.h"
#include "core/error.h"

#include <utility>
#include <variant>

namespace driftless {

/// A value or an Error; a small subset of C++23's std::expected, which g++ 12 lacks under C++20.
template <typename T> class [[nodiscard]] Result
{
public:
    using Value = T;

    // Both conversions are meant: `return value;` and `return Error{...};` read alike.
    Result(T value) // NOLINT(google-explicit-constructor)
        : m_state(std::in_place_index<0>, std::move(value))
    {
    }
    Result(Error error) // NOLINT(google-explicit-constructor)
        : m_state(std::in_place_index<1>, std::move(error))
    {
    }

    explicit operator bool() const { return isOk(); }
    [[nodiscard]] bool isOk() const { return m_state.index() == 0; }

    [[nodiscard]] const T &value() const &
    {
        DRIFTLESS_ASSERT(isOk());
        return *std::get_if<0>(&m_state);
    }
    T &value() &
    {
        DRIFTLESS_ASSERT(isOk());
        return *std::get_if<0>(&m_state);
    }
    T &&value() &&
    {
        DRIFTLESS_ASSERT(isOk());
        return std::move(*std::get_if<0>(&m_state));
    }
    const T &operator*() const & { return value(); }
    T &operator*() & { return value(); }
    T &&operator*() && { return std::move(*this).value(); }
    const T *operator->() const { return &value(); }
    T *operator->() { return &value(); }

    [[nodiscard]] const Error &error() const
    {
        DRIFTLESS_ASSERT(!isOk());
        return *std::get_if<1>(&m_state);
    }

private:
    std::variant<T, Error> m_state;
};

template <> class [[nodiscard]] Result<void>
{
public:
    using Value = void;

    Result() = default;
    Result(Error error) // NOLINT(google-explicit-constructor)
        : m_error(std::move(error))
        , m_ok(false)
    {
    }

    explicit operator bool() const { return m_ok; }
    [[nodiscard]] bool isOk() const { return m_ok; }
    [[nodiscard]] const Error &error() const
    {
        DRIFTLESS_ASSERT(!m_ok);
        return m_error;
    }

private:
    Error m_error;
    bool m_ok = true;
};

} // namespace driftless

#define DRIFTLESS_CONCAT_INNER(a, b) a##b
#define DRIFTLESS_CONCAT(a, b) DRIFTLESS_CONCAT_INNER(a, b)

/// Returns the error of `expression` from the calling function; its value, if any, is dropped.
#define DRIFTLESS_TRY(expression)                                                                  \
    do {                                                                                           \
        if (auto tried = (expression); !tried) [[unlikely]] {                                      \
            return tried.error();                                                                  \
        }                                                                                          \
    } while (false)

/// DRIFTLESS_TRY_ASSIGN(const auto x, expression): declares x with the value, or returns the error.
#define DRIFTLESS_TRY_ASSIGN(declaration, expression)                                              \
    DRIFTLESS_TRY_ASSIGN_INNER(DRIFTLESS_CONCAT(tried, __LINE__), declaration, expression)
#define DRIFTLESS_TRY_ASSIGN_INNER(name, declaration, expression)                                  \
    auto name = (expression);                                                                      \
    if (!name) [[unlikely]] {                                                                      \
        return name.error();                                                                       \
    }                                                                                              \
    declaration = std::move(name).value()
