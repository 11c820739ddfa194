// A picture as raw 8-bit values, and the conversions of its channels.

/** A picture: `data` holds width·height·channels values 0..255, interleaved (`hwc`) or one plane after the other (`chw`). */
export interface Image {
  readonly width: number;
  readonly height: number;
  /** 1 grey, 3 red green blue; other counts have no colour meaning. */
  readonly channels: number;
  readonly order: 'hwc' | 'chw';
  readonly data: Uint8Array;
}

/** Converts red green blue to one grey channel by the luma weights of ITU-R BT.601; a grey image is returned as it is. */
export function toGrey(image: Image): Image {
  if (image.channels === 1) return image;
  const pixels = image.width * image.height;
  const [pixelStep, channelStep] = image.order === 'hwc' ? [image.channels, 1] : [1, pixels];
  const data = new Uint8Array(pixels);
  for (let pixel = 0; pixel < pixels; pixel++) {
    const red = pixel * pixelStep;
    const green = red + channelStep;
    const blue = green + channelStep;
    data[pixel] = 0.299 * image.data[red]! + 0.587 * image.data[green]! + 0.114 * image.data[blue]! + 0.5;
  }
  return { width: image.width, height: image.height, channels: 1, order: 'hwc', data };
}
