#pragma once

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace keelboat {

/// Sets what the whole program shares: that one command is named, its help's layout and
/// footer.
void FinishProgram(CLI::App& program);

/// \brief Answers --help and --version, or explains what is wrong with the command line.
///
/// Help goes to stdout (exit code 0); a mistake goes to stderr with the nearest command
/// or flag and the command's usage line (exit code 2).
int ReportUsage(const CLI::App& program, const CLI::ParseError& error, int argc,
                char** argv);

/// The exit code for a command line that makes no sense.
inline constexpr int kUsageError = 2;

}  // namespace keelboat
