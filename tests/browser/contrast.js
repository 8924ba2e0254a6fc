/* The texts on the page whose contrast with what is behind them is below WCAG 2.2's 4.5:1 (3:1 when large). */
(() => {
  const channels = (colour) => {
    const [red, green, blue, alpha = 1] = colour.match(/[\d.]+/g).map(Number);
    return [red, green, blue, alpha];
  };
  const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
  const luminance = (colour) => {
    const [red, green, blue] = colour.slice(0, 3).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const behind = (element) => {
    const { backgroundColor, backgroundImage } = getComputedStyle(element);
    const under = element.parentElement ? behind(element.parentElement) : [255, 255, 255, 1];
    const first = backgroundImage.startsWith("linear-gradient") && backgroundImage.match(/rgba?\([^)]+\)/);
    return over(channels(backgroundColor), first ? over(channels(first[0]), under) : under);
  };
  const faint = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const words = texts.currentNode.textContent.trim();
    const element = texts.currentNode.parentElement;
    const seen =
      element.checkVisibility({ visibilityProperty: true }) &&
      !element.closest(".unseen, [inert], option, noscript");
    if (!words || !seen) continue;
    const { color, fontSize, fontWeight } = getComputedStyle(element);
    const ground = behind(element);
    const [light, dark] = [luminance(over(channels(color), ground)), luminance(ground)].sort((a, b) => b - a);
    const ratio = (light + 0.05) / (dark + 0.05);
    const large = parseFloat(fontSize) >= 24 || (parseFloat(fontSize) >= 18.66 && Number(fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5))
      faint.push(`${ratio.toFixed(2)} ${element.tagName}.${element.className}: ${words.slice(0, 30)}`);
  }
  return faint;
})();
