using Sim.ArchModel.Costs;

namespace Sim.ArchModel.Hierarchies.Costs;

/// <summary>One priced action of an accelerator: `read_weights` of a memory costs so much a word, `product` of compute units a product,
/// `hop_activations` of a fabric an element and hop, `add_outputs` a sum.</summary>
public sealed record UnitAction(string Component, string Action, string Unit, ActionPrice Price);
