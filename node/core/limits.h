#pragma once

#include <QtGlobal>

#include <cstddef>

// Every bound of the node that is not a setting, and the defaults of those that are
// (Node:Limits:…).
namespace driftless {

inline constexpr qsizetype kDocumentBytesMax = 16'000'000;
inline constexpr int kDocumentDepthMax = 64;
inline constexpr qsizetype kDocumentIdBytesMax = 1'021;
inline constexpr qsizetype kCollectionNameBytesMax = 255;
inline constexpr qsizetype kNodeIdBytesMax = 63;
inline constexpr int kDatabaseNameCharsMax = 63;
inline constexpr int kDecimalDigitsMax = 34;

inline constexpr int kGroupOperationsMax = 10'000;
inline constexpr qsizetype kGroupBytesMax = 64'000'000;
inline constexpr qsizetype kTransferBytes
    = 4'000'000; ///< a transfer is closed once it holds this much
inline constexpr int kTransferOperationsMax = 10'000; ///< or this many operations
inline constexpr qsizetype kTransferBytesMax
    = 96'000'000; ///< a receiver takes no larger one (one group must fit)

inline constexpr int kPageDocumentsMax = 10'000;
inline constexpr int kPageDocumentsDefault = 100;
inline constexpr qsizetype kPageBytesMax
    = 16'000'000; ///< a page ends before this much, but has one document at least
inline constexpr int kConflictsPageMax = 1'000;

inline constexpr qsizetype kHintBytesMax = 16'384; ///< one WebSocket message, as in the reference

inline constexpr std::size_t kStoreQueueMax = 20'000;
inline constexpr std::size_t kStoreBatchMax = 1'000;
inline constexpr std::size_t kReaderQueueMax = 20'000;
inline constexpr std::size_t kReaderBatchMax = 256;
inline constexpr std::size_t kQueryQueueMax = 1'000;
inline constexpr qsizetype kQueryMemoryMax = 256'000'000; ///< of rows and kept values, a query
inline constexpr int kQueryTakeDefault = 200; ///< rows of a SELECT that says no other number
inline constexpr int kQueryTakeMax = 1'000'000;
inline constexpr std::size_t kNetQueueMax = 50'000;
inline constexpr std::size_t kNetBatchMax = 256;

} // namespace driftless
