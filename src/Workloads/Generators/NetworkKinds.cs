using System.Collections.Immutable;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.Workloads.Generators;

/// <summary>The networks that can be generated, each with its keys. Sizes that a key leaves out are those of the publication.</summary>
internal static class NetworkKinds
{
    // Nothing published is deeper, and a name too many is a file too long.
    private const int MostLayers = 1024;

    private static readonly YamlField<int> Image = YamlField.Optional("image", YamlTypes.PositiveInteger, 224, "224",
        "Pixels a side of the square image.");
    private static readonly YamlField<int> Classes = YamlField.Optional("classes", YamlTypes.PositiveInteger, 1000, "1000", "Outputs.");
    private static readonly YamlField<int> ResNetLayers = YamlField.Required("layers",
        YamlTypes.Choice([.. ResNet.Blocks.Keys.Order().Select(l => (Number(l), l))]), "Layers with weights.");
    private static readonly YamlField<bool> StrideFirst = YamlField.Optional("stride_in_first", YamlTypes.Boolean, false, "false",
        "true: a bottleneck strides in its first 1×1 convolution, as in the paper; false: in its 3×3 one, as in torchvision.");
    private static readonly YamlField<int> VggLayers = YamlField.Required("layers",
        YamlTypes.Choice([.. Vgg.Stages.Keys.Order().Select(l => (Number(l), l))]), "Layers with weights.");
    private static readonly YamlField<int> Towers = YamlField.Optional("towers", YamlTypes.Integer(1, 2), 1, "1",
        "1: as in torchvision. 2: the original, on 227×227 pixels, whose second, fourth and fifth convolution have two groups.");

    private static readonly YamlField<int> Layers = YamlField.Required("layers", YamlTypes.Integer(1, MostLayers), "Transformer layers.");
    private static readonly YamlField<int> Hidden = YamlField.Required("hidden", YamlTypes.PositiveInteger, "Elements of a token.");
    private static readonly YamlField<int> Heads = YamlField.Required("heads", YamlTypes.PositiveInteger, "Attention heads.");
    private static readonly YamlField<int> Intermediate = YamlField.Required("intermediate", YamlTypes.PositiveInteger,
        "Elements inside the feed-forward part.");
    private static readonly YamlField<int> Vocabulary = YamlField.Required("vocabulary", YamlTypes.PositiveInteger, "Different tokens.");
    private static readonly YamlField<int> Positions = YamlField.Required("positions", YamlTypes.PositiveInteger,
        "Longest sequence: rows of the table of positions.");
    private static readonly YamlField<int> Patch = YamlField.Required("patch", YamlTypes.PositiveInteger, "Pixels a side of a patch.");
    private static readonly YamlField<int> KeyHeads = YamlField.Optional("kv_heads", YamlTypes.PositiveInteger,
        "Heads of keys and values, each shared by heads / kv_heads heads. Left out: as many as heads.");
    private static readonly YamlField<int> HeadSize = YamlField.Optional("head_dim", YamlTypes.PositiveInteger,
        "Elements of a head. Left out: hidden / heads.");
    private static readonly YamlField<bool> Tied = YamlField.Optional("tied_embeddings", YamlTypes.Boolean, false, "false",
        "true: the output layer's weights are the embedding's table.");
    private static readonly YamlField<int> Experts = YamlField.Optional("experts", YamlTypes.Integer(1, 4096), 1, "1",
        "Feed-forward parts of a layer; more than 1: a router chooses.");
    private static readonly YamlField<int> TopK = YamlField.Optional("top_k", YamlTypes.PositiveInteger,
        "Experts that a token is sent to; needed with experts.");

    /// <summary>The type of a `network` mapping.</summary>
    public static YamlVariantType<NetworkSizes> Type { get; } = new("network", "kind",
    [
        Kind("resnet", "ResNet (He et al. 2016).", [ResNetLayers, StrideFirst, Image, Classes], (map, bag) =>
            new ResNet(ResNetLayers.Read(map, bag), StrideFirst.Read(map, bag), Image.Read(map, bag), Classes.Read(map, bag))),
        Kind("mobilenet_v2", "MobileNetV2 of width 1 (Sandler et al. 2018).", [Image, Classes], (map, bag) =>
            new MobileNetV2(Image.Read(map, bag), Classes.Read(map, bag))),
        Kind("vgg", "VGG (Simonyan and Zisserman 2015).", [VggLayers, Image, Classes], (map, bag) =>
            new Vgg(VggLayers.Read(map, bag), Image.Read(map, bag), Classes.Read(map, bag))),
        Kind("alexnet", "AlexNet (Krizhevsky et al. 2012, 2014).", [Towers, Image, Classes], (map, bag) =>
            Towers.Read(map, bag) is var towers && Image.IsIn(map) ? new AlexNet(towers, Image.Read(map, bag), Classes.Read(map, bag))
            : new AlexNet(towers, towers == 1 ? 224 : 227, Classes.Read(map, bag))),
        Kind("bert", "BERT (Devlin et al. 2019).", [Layers, Hidden, Heads, Intermediate, Vocabulary, Positions], (map, bag) =>
            new Bert(Layers.Read(map, bag), Hidden.Read(map, bag), EvenHeads(map, bag), Intermediate.Read(map, bag),
                Vocabulary.Read(map, bag), Positions.Read(map, bag))),
        Kind("vit", "Vision transformer (Dosovitskiy et al. 2021).", [Layers, Hidden, Heads, Intermediate, Patch, Image, Classes],
            (map, bag) => new VisionTransformer(Layers.Read(map, bag), Hidden.Read(map, bag), EvenHeads(map, bag),
                Intermediate.Read(map, bag), EvenPatch(map, bag), Image.Read(map, bag), Classes.Read(map, bag))),
        Kind("gpt2", "GPT-2 (Radford et al. 2019).", [Layers, Hidden, Heads, Intermediate, Vocabulary, Positions], (map, bag) =>
            new Gpt2(Layers.Read(map, bag), Hidden.Read(map, bag), EvenHeads(map, bag), Intermediate.Read(map, bag),
                Vocabulary.Read(map, bag), Positions.Read(map, bag))),
        Kind("llama", "Llama 2 and 3, and with experts Mixtral (Touvron et al. 2023; Jiang et al. 2024).",
            [Layers, Hidden, Heads, KeyHeads, HeadSize, Intermediate, Vocabulary, Tied, Experts, TopK], ReadLlama),
    ]);

    private static YamlVariant<NetworkSizes> Kind(string word, string description, ImmutableArray<YamlField> fields,
        Func<YamlMap, DiagnosticBag, NetworkSizes> read) => new(word, new YamlSchema($"network of kind {word}", description, fields),
        (YamlMap map, DiagnosticBag bag, out NetworkSizes value) =>
        {
            int before = bag.ErrorCount;
            value = read(map, bag);
            return bag.ErrorCount == before;
        });

    private static Llama ReadLlama(YamlMap map, DiagnosticBag bag)
    {
        int heads = Heads.Read(map, bag), hidden = Hidden.Read(map, bag), experts = Experts.Read(map, bag);
        int keyHeads = KeyHeads.TryRead(map, bag, out int given) ? given : heads;
        int size = HeadSize.TryRead(map, bag, out int stated) ? stated : heads > 0 && hidden > 0 ? hidden / EvenHeads(map, bag) : 0;
        if (heads > 0 && keyHeads > 0 && heads % keyHeads != 0)
            bag.Error(KeyHeads.Place(map), "CFG002", $"'kv_heads' must divide the {heads} heads, found {keyHeads}");
        bool chosen = TopK.TryRead(map, bag, out int top);
        if (experts > 1 && !TopK.IsIn(map)) bag.Error(Experts.Place(map), "CFG004",
            "'experts' need 'top_k': how many of them a token is sent to");
        if (experts == 1 && TopK.IsIn(map)) bag.Error(TopK.Place(map), "CFG002", "'top_k' has a meaning only with 'experts' above 1");
        if (experts > 1 && chosen && top > experts)
            bag.Error(TopK.Place(map), "CFG002", $"'top_k' must be at most the {experts} experts, found {top}");
        return new Llama(Layers.Read(map, bag), hidden, heads, keyHeads, size, Intermediate.Read(map, bag), Vocabulary.Read(map, bag),
            Tied.Read(map, bag), experts, chosen ? top : 1);
    }

    // Heads divide the elements of a token. 1 after recording that they do not.
    private static int EvenHeads(YamlMap map, DiagnosticBag bag)
    {
        var quiet = new DiagnosticBag();
        int heads = Heads.Read(map, bag), hidden = Hidden.Read(map, quiet);
        if (heads < 1 || hidden < 1) return 1;
        if (hidden % heads == 0) return heads;
        bag.Error(Heads.Place(map), "CFG002", $"'heads' must divide the {hidden} elements of 'hidden', found {heads}");
        return 1;
    }

    private static int EvenPatch(YamlMap map, DiagnosticBag bag)
    {
        var quiet = new DiagnosticBag();
        int patch = Patch.Read(map, bag), image = Image.Read(map, quiet);
        if (patch > 0 && image % patch != 0)
            bag.Error(Patch.Place(map), "CFG002", $"'patch' must divide the {image} pixels of 'image', found {patch}");
        return patch;
    }

    private static string Number(int value) => value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
