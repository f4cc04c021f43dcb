#!/usr/bin/env bash
# ScottPlot 5.1.59 (with SkiaSharp 3.119.0, the version that it brings), seen on .NET 10, Linux x64, 2026-11-28.
#
# What surprises whoever commits or compares SVG figures:
# 1. The same plot written twice in one process by GetSvgXml differs in bytes: ids of clip paths count on through the process. Nothing else differs.
# 2. The first Plot.Render onto an SVG canvas of one's own draws everything twice (3 markers become 6 ellipses); the second render draws it once.
#    On a bitmap nobody sees it; in an SVG every element is doubled.
# 3. The x and y lists of <text> end in a comma ("-3.81, "), which the grammar of SVG 1.1 §7.15 (list of lengths) does not allow.
#
# Output seen:
#   versions 5.1.59.0 3.119.0.0
#   equal bytes False, equal without clip ids True
#   ellipses of 3 markers: first render 6, second render 3
#   text lists with a comma at their end True
#
# Exits with 0 while this holds, with 1 when something of it changes. Needs the .NET 10 SDK and a NuGet feed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > finding.csproj <<'XML'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <TargetFramework>net10.0</TargetFramework>
    <OutputType>Exe</OutputType>
    <ImplicitUsings>enable</ImplicitUsings>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="ScottPlot" Version="[5.1.59]" />
  </ItemGroup>
</Project>
XML
cat > Program.cs <<'CS'
using System.Text;
using System.Text.RegularExpressions;
using SkiaSharp;

ScottPlot.Plot Made()
{
    var plot = new ScottPlot.Plot();
    plot.Add.Markers(new double[] { 1, 2, 3 }, new double[] { 4, 5, 6 });
    return plot;
}

string OnCanvas(ScottPlot.Plot plot)
{
    using var stream = new MemoryStream();
    using (SKCanvas canvas = SKSvgCanvas.Create(new SKRect(0, 0, 400, 300), stream)) plot.Render(canvas, 400, 300);
    return Encoding.UTF8.GetString(stream.ToArray());
}

int Ellipses(string svg) => Regex.Matches(svg, "<ellipse").Count;
string WithoutClipIds(string svg) => Regex.Replace(svg, "cl_[0-9a-f]+", "");

ScottPlot.Plot plot = Made();
string first = plot.GetSvgXml(400, 300), second = plot.GetSvgXml(400, 300);
ScottPlot.Plot fresh = Made();
Console.WriteLine($"versions {typeof(ScottPlot.Plot).Assembly.GetName().Version} {typeof(SKCanvas).Assembly.GetName().Version}");
Console.WriteLine($"equal bytes {first == second}, equal without clip ids {WithoutClipIds(first) == WithoutClipIds(second)}");
Console.WriteLine($"ellipses of 3 markers: first render {Ellipses(OnCanvas(fresh))}, second render {Ellipses(OnCanvas(fresh))}");
Console.WriteLine($"text lists with a comma at their end {Regex.IsMatch(first, "(x|y)=\"[^\"]*, \"")}");
CS
dotnet build -v q -nologo -clp:ErrorsOnly >build.log 2>&1 || { cat build.log; exit 1; }
./bin/Debug/net10.0/finding | tee seen.txt
diff - seen.txt <<'TXT'
versions 5.1.59.0 3.119.0.0
equal bytes False, equal without clip ids True
ellipses of 3 markers: first render 6, second render 3
text lists with a comma at their end True
TXT
