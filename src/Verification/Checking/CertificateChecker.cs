using System.Collections.Immutable;
using System.Numerics;
using System.Text.Json;
using Sim.Verification.Solvers;

namespace Sim.Verification.Checking;

/// <summary>What checking a folder of certificates found.</summary>
/// <param name="Proved">Claims whose proof was followed.</param>
/// <param name="Refuted">Claims whose witness was replayed.</param>
/// <param name="Unknown">Claims that say themselves that nothing is known.</param>
/// <param name="Unchecked">Proofs that only a solver could follow; never counted as proved.</param>
/// <param name="Faults">What does not hold, one line each: empty when every certificate does.</param>
public sealed record CheckReport(int Layers, int Proved, int Refuted, int Unknown, int Unchecked, ImmutableArray<string> Faults);

/// <summary>
/// Re-validates certificates from their files alone, in arbitrary precision and by the definition: every partial sum of the order is bounded term by term. It shares
/// no code with the provers, and needs a solver only where the proof itself is a solver's answer.
/// </summary>
public sealed class CertificateChecker
{
    private readonly List<string> _faults = [];
    private int _proved, _refuted, _unknown, _unchecked;

    private readonly SolverPool? _solvers;

    private CertificateChecker(SolverPool? solvers) => _solvers = solvers;

    /// <summary>Checks a folder that <see cref="Certificates.CertificateWriter"/> made. A file that cannot be read or understood is a fault.</summary>
    /// <param name="modelDigest">The SHA-256 that the certificates shall be about; null: whatever the manifest says.</param>
    /// <param name="solvers">Who is asked again where a proof is a solver's answer; null: such proofs stay unchecked.</param>
    public static CheckReport Check(string folder, string? modelDigest = null, SolverPool? solvers = null)
    {
        ArgumentNullException.ThrowIfNull(folder);
        var checker = new CertificateChecker(solvers);
        string[] files = [];
        try
        {
            using JsonDocument manifest = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "manifest.json")));
            files = [.. manifest.RootElement.GetProperty("layers").EnumerateArray().Select(f => f.GetString()!)];
            string digest = manifest.RootElement.GetProperty("model_sha256").GetString()!;
            if (modelDigest is not null && digest != modelDigest) checker._faults.Add($"the certificates are about another model, {digest}");
            foreach (string file in files) checker.Layer(folder, file, digest);
        }
        catch (Exception e) when (IsBadFile(e))
        {
            checker._faults.Add($"manifest.json: {e.Message}");
        }
        return new(files.Length, checker._proved, checker._refuted, checker._unknown, checker._unchecked, [.. checker._faults]);
    }

    private static bool IsBadFile(Exception e) => e is IOException or UnauthorizedAccessException or JsonException or FormatException or KeyNotFoundException or InvalidOperationException or OverflowException or IndexOutOfRangeException;

    private void Layer(string folder, string file, string digest)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, Path.GetFileName(file))));
            JsonElement json = document.RootElement;
            if (json.GetProperty("model_sha256").GetString() != digest) throw new FormatException("it is about another model than the manifest");
            var layer = new CertifiedLayer(folder, json) { Solvers = _solvers };
            JsonElement[] channels = [.. json.GetProperty("channels").EnumerateArray()];
            if (channels.Length != layer.Rows) throw new FormatException($"{channels.Length} channels of {layer.Rows}");
            for (int row = 0; row < channels.Length; row++)
            {
                try
                {
                    if (channels[row].GetProperty("channel").GetInt32() != row) throw new FormatException("the channels are not in order");
                    new ChannelCheck(layer, row, channels[row], this).Run();
                }
                catch (Exception e) when (IsBadFile(e))
                {
                    _faults.Add($"{file}, channel {row}: {e.Message}");
                }
            }
        }
        catch (Exception e) when (IsBadFile(e))
        {
            _faults.Add($"{file}: {e.Message}");
        }
    }

    internal void CountProved() => _proved++;

    internal void CountRefuted() => _refuted++;

    internal void CountUnknown() => _unknown++;

    internal void CountUnchecked() => _unchecked++;
}
