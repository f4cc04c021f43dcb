using System.Text.Json.Nodes;
using Sim.Foundation;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Reading;

/// <summary>What a datapath file says of its pipeline: a number of stages, or `auto`.</summary>
internal readonly record struct PipelineDepth(int Stages, bool IsAuto)
{
    /// <summary>The most stages that a multiply-accumulate unit is cut into.</summary>
    public const int Most = 16;

    /// <summary>How it is written.</summary>
    public static YamlType<PipelineDepth> Type { get; } = new YamlScalarType<PipelineDepth>($"an integer from 0 to {Most}, or auto",
        (string text, out PipelineDepth value) =>
        {
            value = new PipelineDepth(0, text == "auto");
            if (value.IsAuto) return true;
            bool good = StrictNumber.TryWhole(text, out int stages) && stages is >= 0 and <= Most;
            value = new PipelineDepth(stages, false);
            return good;
        },
        () => new JsonObject { ["oneOf"] = new JsonArray(new JsonObject { ["type"] = "integer", ["minimum"] = 0, ["maximum"] = Most },
            new JsonObject { ["const"] = "auto" }) });
}
