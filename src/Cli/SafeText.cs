using Sim.Foundation.Text;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Sim.Cli;

/// <summary>Shows control characters in the texts of tables; Spectre's own colour and cursor sequences pass.</summary>
internal sealed class SafeText : IRenderHook
{
    public IEnumerable<IRenderable> Process(RenderOptions options, IEnumerable<IRenderable> renderables) =>
        renderables.Select(r => new Shown(r));

    private sealed class Shown(IRenderable inner) : IRenderable
    {
        public Measurement Measure(RenderOptions options, int maxWidth) => inner.Measure(options, maxWidth);

        public IEnumerable<Segment> Render(RenderOptions options, int maxWidth) =>
            inner.Render(options, maxWidth)
                .Select(s => s.IsControlCode || s.IsLineBreak || Printable.IsSafe(s.Text) ? s
                : new Segment(Printable.Lines(s.Text), s.Style));
    }
}
