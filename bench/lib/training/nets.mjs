// The nets whose training is timed, each as `{name, batch, picture, loss, layers, outputs}`; see draw-net.mjs for the layers. Losses:
// `cross-entropy` of the one output, or `matching` of all outputs with given targets.
import { drawNet } from './draw-net.mjs';

const CIFAR = [3, 32, 32];

/** ResNet for CIFAR of 6n + 2 layers (Deep Residual Learning for Image Recognition, 2016), projections where the width changes. */
function resnet(n) {
  const net = drawNet(CIFAR);
  let x = net.unit('x', 16, { activation: 'relu' });
  for (const [stage, width] of [16, 32, 64].entries()) {
    for (let block = 0; block < n; block++) {
      const stride = stage > 0 && block === 0 ? 2 : 1;
      const inner = net.unit(net.unit(x, width, { stride, activation: 'relu' }), width);
      const shortcut = stride === 1 ? x : net.unit(x, width, { kernel: 1, stride });
      x = net.relu(net.add(inner, shortcut));
    }
  }
  return classifier(net, net.linear(net.gap(x), 10), 128);
}

/** VGG-16 for CIFAR (Very Deep Convolutional Networks for Large-Scale Image Recognition, 2015), its widths times `factor`. */
function vgg16(factor) {
  const net = drawNet(CIFAR);
  let x = 'x';
  for (const [width, depth] of [
    [64, 2],
    [128, 2],
    [256, 3],
    [512, 3],
    [512, 3],
  ]) {
    for (let i = 0; i < depth; i++) x = net.unit(x, Math.round(width * factor), { activation: 'relu' });
    x = net.maxpool(x, 2, 2);
  }
  return classifier(net, net.linear(net.gap(x), 10), 128);
}

/** MobileNetV2 of width 1 (MobileNetV2: Inverted Residuals and Linear Bottlenecks, 2018). */
function mobilenetV2(side) {
  const net = drawNet([3, side, side]);
  const activation = 'relu6';
  let x = net.unit('x', 32, { stride: 2, activation });
  const stages = [
    [1, 16, 1, 1],
    [6, 24, 2, 2],
    [6, 32, 3, 2],
    [6, 64, 4, 2],
    [6, 96, 3, 1],
    [6, 160, 3, 2],
    [6, 320, 1, 1],
  ];
  for (const [expansion, width, depth, first] of stages) {
    for (let block = 0; block < depth; block++) {
      const stride = block === 0 ? first : 1;
      const from = net.shapeOf(x)[0];
      const groups = from * expansion;
      const wide = expansion === 1 ? x : net.unit(x, groups, { kernel: 1, activation });
      const narrow = net.unit(net.unit(wide, groups, { stride, groups, activation }), width, { kernel: 1 });
      x = stride === 1 && from === width ? net.add(x, narrow) : narrow;
    }
  }
  return classifier(net, net.linear(net.gap(net.unit(x, 1280, { kernel: 1, activation })), 1000), 32);
}

/** A detector of YOLOv5n's size: backbone, neck, and three raw heads of three anchors and 80 classes. */
function yolo(side) {
  const net = drawNet([3, side, side]);
  const activation = 'silu';
  const unit = (x, width, options) => net.unit(x, width, { activation, ...options });
  const point = (x, width) => unit(x, width, { kernel: 1 });
  const half = (x, width) => unit(x, width, { stride: 2 });
  const c3 = (x, width, depth, shortcut = true) => {
    let inner = point(x, width / 2);
    for (let i = 0; i < depth; i++) {
      const next = unit(point(inner, width / 2), width / 2);
      inner = shortcut ? net.add(inner, next) : next;
    }
    return point(net.concat(inner, point(x, width / 2)), width);
  };
  const sppf = (x, width) => {
    const pooled = [point(x, width / 2)];
    for (let i = 0; i < 3; i++) pooled.push(net.maxpool(pooled.at(-1), 5, 1, 2));
    return point(net.concat(...pooled), width);
  };
  const stem = unit('x', 16, { kernel: 6, stride: 2, pad: 2 });
  const eighth = c3(half(c3(half(stem, 32), 32, 1), 64), 64, 2);
  const sixteenth = c3(half(eighth, 128), 128, 3);
  const deep = point(sppf(c3(half(sixteenth, 256), 256, 1), 256), 128);
  const middle = point(c3(net.concat(net.upsample(deep), sixteenth), 128, 1, false), 64);
  const small = c3(net.concat(net.upsample(middle), eighth), 64, 1, false);
  const medium = c3(net.concat(half(small, 64), middle), 128, 1, false);
  const large = c3(net.concat(half(medium, 128), deep), 256, 1, false);
  const outputs = [small, medium, large].map((x) => net.conv(x, 255, { kernel: 1, bias: true }));
  return { batch: 8, loss: 'matching', layers: net.layers, outputs };
}

function classifier({ layers }, output, batch) {
  return { batch, loss: 'cross-entropy', layers, outputs: [output] };
}

/** All nets. The VGG has the widths that uniform pruning to a fifth of the MACs leaves. */
export const NETS = [
  { name: 'resnet20', picture: CIFAR, ...resnet(3) },
  { name: 'resnet56', picture: CIFAR, ...resnet(9) },
  { name: 'vgg16-fifth', picture: CIFAR, ...vgg16(Math.sqrt(0.2)) },
  { name: 'mobilenetv2', picture: [3, 96, 96], ...mobilenetV2(96) },
  { name: 'yolov5n-size', picture: [3, 320, 320], ...yolo(320) },
];
