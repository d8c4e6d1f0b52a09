#pragma once

#include <QSslCertificate>
#include <QSslConfiguration>
#include <QSslKey>

namespace driftless::test {

// A key and a certificate for 127.0.0.1 that signed itself; good for nothing but these tests.
inline constexpr char kTestKey[] = R"(-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgofLaAwVDhZiMYAk2
QD/ejYwum8Kx31aSTWnDR7Cc/PWhRANCAAReIEuLklNZ4DLoJXiSr/2glO/Xf2jH
pB5yPEbAKvOXy14guJQoR/5+0N4n2wZ+7CTXHYg9dCZdLaqQs09MJZKR
-----END PRIVATE KEY-----
)";
inline constexpr char kTestCertificate[] = R"(-----BEGIN CERTIFICATE-----
MIIBpTCCAUugAwIBAgIUHt5CvYeX37mmRAt/3GeRB+pWDfgwCgYIKoZIzj0EAwIw
GTEXMBUGA1UEAwwOZHJpZnRsZXNzIHRlc3QwIBcNMjYxMTI0MDYyNjQ5WhgPMjEy
NjEwMzEwNjI2NDlaMBkxFzAVBgNVBAMMDmRyaWZ0bGVzcyB0ZXN0MFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAEXiBLi5JTWeAy6CV4kq/9oJTv139ox6QecjxGwCrz
l8teILiUKEf+ftDeJ9sGfuwk1x2IPXQmXS2qkLNPTCWSkaNvMG0wHQYDVR0OBBYE
FKJrjIROcPDF0Tyswa7wt8UqSWQQMB8GA1UdIwQYMBaAFKJrjIROcPDF0Tyswa7w
t8UqSWQQMA8GA1UdEwEB/wQFMAMBAf8wGgYDVR0RBBMwEYcEfwAAAYIJbG9jYWxo
b3N0MAoGCCqGSM49BAMCA0gAMEUCIBjS4d5iXKDMh1iKIxFHRCzDMpFgSr2m/4pA
VG5L3POZAiEA/gnfijGZmZB5nJALSZbv/e9zb7+hWl069+WBcoDEW6E=
-----END CERTIFICATE-----
)";

inline QSslConfiguration serverTls()
{
    QSslConfiguration configuration = QSslConfiguration::defaultConfiguration();
    configuration.setLocalCertificate(QSslCertificate(QByteArray(kTestCertificate)));
    configuration.setPrivateKey(QSslKey(QByteArray(kTestKey), QSsl::Ec));
    return configuration;
}

/// Of a client that trusts that certificate.
inline QSslConfiguration clientTls()
{
    QSslConfiguration configuration = QSslConfiguration::defaultConfiguration();
    configuration.setCaCertificates({QSslCertificate(QByteArray(kTestCertificate))});
    return configuration;
}

} // namespace driftless::test
