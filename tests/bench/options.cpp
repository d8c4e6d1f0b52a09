#include "options.h"

#include <algorithm>

namespace driftless::bench {

namespace {

Result<double> number(const QByteArray &option, const QByteArray &text, double max)
{
    bool ok = false;
    const double value = text.toDouble(&ok);
    if (!ok || !(value > 0 && value <= max)) {
        return Error {ErrorCode::InvalidArgument,
            option + " takes a number above 0, at most " + QByteArray::number(max) + '.',
            {}};
    }
    return value;
}

} // namespace

Result<Options> Options::parse(const QByteArrayList &arguments)
{
    Options options;
    for (qsizetype i = 0; i < arguments.size(); ++i) {
        const qsizetype equals = arguments[i].indexOf('=');
        const QByteArray option = equals < 0 ? arguments[i] : arguments[i].left(equals);
        if (option == "--help" || option == "-h") {
            options.help = true;
            continue;
        }
        if (equals < 0 && i + 1 == arguments.size()) {
            return Error {ErrorCode::InvalidArgument,
                "Option " + option + " needs a value; --help lists the options.",
                {}};
        }
        const QByteArray value = equals < 0 ? arguments[++i] : arguments[i].mid(equals + 1);
        if (option == "--rows") {
            options.rows = value.split(',');
        } else if (option == "--seconds") {
            DRIFTLESS_TRY_ASSIGN(options.seconds, number(option, value, 3'600));
        } else if (option == "--scale") {
            DRIFTLESS_TRY_ASSIGN(options.scale, number(option, value, 100));
        } else if (option == "--data") {
            options.dataDirectory = value;
        } else if (option == "--program") {
            options.program = value;
        } else {
            return Error {ErrorCode::InvalidArgument,
                "There is no option " + option + "; --help lists the options.",
                {}};
        }
    }
    return options;
}

std::size_t Options::scaled(std::size_t count) const
{
    return std::max<std::size_t>(
               1, static_cast<std::size_t>(static_cast<double>(count) * scale / 1'000))
        * 1'000;
}

} // namespace driftless::bench
