using System.Text.Json;
using Sim.Checker.Claims;
using Sim.Checker.Files;
using Sim.Checker.Model;

namespace Sim.Checker;

/// <summary>
/// Follows a folder of certificates and ties it to a model that it reads itself. Nothing in the folder is believed: every number is either
/// computed again or the certificate is refused. References only the base library, has no solver, and ends for every input.
/// </summary>
public static class CertificateCheck
{
    /// <summary>Checks a folder.</summary>
    /// <param name="folder">With a manifest.json.</param>
    /// <param name="model">The ONNX file that the certificates shall be about; null: nothing ties them to a network, and the report says
    /// so.</param>
    /// <param name="premises">What is assumed of inputs beside the model; null: nothing.</param>
    public static CheckReport Run(string folder, string? model = null, IPremises? premises = null)
    {
        ArgumentNullException.ThrowIfNull(folder);
        var state = new CheckState(new Folder(folder), premises);
        state.Try("manifest.json", () => Manifest(state, model));
        return state.Report();
    }

    private static void Manifest(CheckState state, string? model)
    {
        using JsonDocument document = state.Folder.Json("manifest.json", null);
        var manifest = new Fields(document.RootElement, "");
        if (manifest.Text("schema") is not "sim.certificates/2"
            and var schema) throw new Fault($"schema '{Folder.Shown(schema)}' is not understood; this checker reads sim.certificates/2");
        string digest = manifest.Text("model_sha256");
        var claim = new Claim(manifest.Object("claim"));
        List<Fields> layers = manifest.Objects("layers");
        List<string> absent = manifest.Texts("absent");
        manifest.End();
        state.Layers = layers.Count;
        if (layers.Count == 0) state.Add("manifest.json", "it lists no layers, so that nothing is certified");
        var network = new HashSet<string>(StringComparer.Ordinal);
        if (model is null) state.Untie("no model is given: nothing ties the folder to a network; give it with --model");
        else state.Try("the model", () =>
        {
            var file = new OnnxFile(model);
            if (file.Digest != digest) throw new Fault("the certificates are about another file: model_sha256 differs");
            state.Model = ModelReading.Of(file, claim.Inputs is "propagated" or "relations");
            network = state.Model.Registers;
        });
        if (claim.Inputs == "calibrated") state.Untie("inputs are boxed by data, which are no part of the model: the claims hold for inputs within these boxes only");
        var covered = new HashSet<string>(StringComparer.Ordinal);
        foreach (Fields entry in layers)
        {
            state.Try("manifest.json", () =>
            {
                (string name, string file, string sha256) = (entry.Text("layer"), entry.Text("file"), entry.Text("sha256"));
                entry.End();
                if (!covered.Add(name)) throw new Fault($"layer '{Folder.Shown(name)}' is listed twice");
                state.Try(file, () => new LayerCheck(state, claim, name, file, sha256).Run());
            });
        }
        foreach (string name in absent)
            if (!covered.Add(name) || state.Model is not null && !network.Contains(name)) state.Add("manifest.json",
                $"'{Folder.Shown(name)}' is listed as absent, but is certified or no register of the model");
        foreach (string name in network.Except(covered).Order(StringComparer.Ordinal)) state.Add("manifest.json",
            $"register '{Folder.Shown(name)}' of the model is neither certified nor listed as absent");
        state.Absent.AddRange(absent.Select(Folder.Shown));
        foreach (string file in state.Folder.Unread()) state.Add(Folder.Shown(file), "is in the folder, but no certificate names it");
    }
}

/// <summary>What all layers claim.</summary>
internal sealed class Claim
{
    internal Claim(Fields json)
    {
        string order = json.Text("order"), bias = json.Text("bias");
        Order = new(order, bias);
        IsRaw = json.Text("zero_points") switch
            { "raw" => true, "folded" => false, _ => throw new Fault("zero_points must be folded or raw") };
        Inputs = json.Text("inputs") is var inputs && inputs is "type" or "propagated" or "relations" or "calibrated" ? inputs
            : throw new Fault("inputs must be type, propagated, relations or calibrated");
        Widths = json.Has("widths") ? [.. json.Numbers("widths")
            .Select(w => w >= 1 && w <= 64 ? (int)w : throw new Fault("a register has 1 to 64 bits"))] : null;
        json.End();
        if (Widths is not null && Widths.Length
            != Order.Registers) throw new Fault($"{Widths.Length} widths for {Order.Registers} registers");
        Text = $"{order} {bias} {IsRaw} {Inputs} {string.Join(' ', Widths ?? [])}";
    }

    internal Order Order { get; }

    internal bool IsRaw { get; }

    internal string Inputs { get; }

    /// <summary>Of each register; null: the least width that is proved, channel by channel.</summary>
    internal int[]? Widths { get; }

    internal string Text { get; }
}

/// <summary>What was found so far.</summary>
internal sealed class CheckState(Folder folder, IPremises? premises)
{
    private readonly List<string> _faults = [], _untied = [];

    internal Folder Folder { get; } = folder;

    internal IPremises? Premises { get; } = premises;

    internal ModelReading? Model { get; set; }

    internal int Layers { get; set; }

    internal int Proved { get; set; }

    internal int Refuted { get; set; }

    internal int Unknown { get; set; }

    internal List<string> Absent { get; } = [];

    internal List<Question> Questions { get; } = [];

    internal void Add(string place, string what) => _faults.Add($"{Folder.Shown(place)}: {what}");

    internal void Untie(string what) => _untied.Add(what);

    /// <summary>Records what is wrong, with its place.</summary>
    internal void Try(string place, Action check)
    {
        try
        {
            check();
        }
        catch (Exception e) when (e is Fault or IOException or UnauthorizedAccessException or OverflowException)
        {
            if (e is Untied) Untie($"{Folder.Shown(place)}: {e.Message}");
            else Add(place, e is OverflowException ? "a number is out of range" : e.Message);
        }
    }

    internal CheckReport Report() => new(Layers, Proved, Refuted, Unknown, _faults, _untied, Absent, Questions);
}
